import { useEffect, useState } from 'react';
import { getPeople } from '../utils/api.js';

/** All users. @param {(message: string) => void} onFailure */
export default function usePeople(onFailure) {
  const [people, setPeople] = useState([]);

  useEffect(() => {
    getPeople().then(setPeople, (error) => onFailure(error.message));
  }, [onFailure]);

  return people;
}
